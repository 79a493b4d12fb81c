namespace OmenDb.Index.Nodes;

/// <summary>A form of slots, so that the loop over them is compiled for each.</summary>
internal interface ISlotForm
{
    static abstract bool HasNarrowKeys { get; }

    static abstract bool HasNarrowRows { get; }
}

internal readonly struct WideSlots : ISlotForm
{
    public static bool HasNarrowKeys => false;

    public static bool HasNarrowRows => false;
}

internal readonly struct NarrowRowSlots : ISlotForm
{
    public static bool HasNarrowKeys => false;

    public static bool HasNarrowRows => true;
}

internal readonly struct NarrowSlots : ISlotForm
{
    public static bool HasNarrowKeys => true;

    public static bool HasNarrowRows => true;
}
