namespace OmenDb.Tpch.Generation;

/// <summary>A place in the text pool where a sentence begins, and the state of the text stream before its first draw.</summary>
internal readonly record struct TextPoolCheckpoint(int Offset, int State);
