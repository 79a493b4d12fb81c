using System.Runtime.InteropServices;

namespace OmenDb.Arrow;

/// <summary>One value of a List column: a range of the child vector.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct ListSlot(long Offset, long Length);
