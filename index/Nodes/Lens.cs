namespace OmenDb.Index.Nodes;

internal enum LensKind : byte
{
    /// <summary>Models work on the key.</summary>
    Key = 1,

    /// <summary>The node was built over entries of a single key: models work on the row id.</summary>
    Row = 2,
}

/// <summary>How a node maps entries to the 64-bit numbers that its model works on; immutable.</summary>
/// <param name="Kind">Key or row id.</param>
/// <param name="PrefixLength">Byte keys: length of the common prefix under <see cref="LensKind.Key"/>; else 0.</param>
/// <param name="Reference">The stored single key of <see cref="LensKind.Row"/>, or the stored prefix; 0 when there is none.</param>
internal readonly record struct Lens(LensKind Kind, int PrefixLength, ulong Reference);
