namespace OmenDb.Arrow.Compute;

/// <summary>Constant vectors: literals, parameters and folded results.</summary>
public static unsafe class Constants
{
    /// <summary>A fixed-width value for all rows; its size must be the type's width.</summary>
    public static void Set<T>(Vector target, ArrowType type, int length, T value) where T : unmanaged
    {
        if (sizeof(T) != type.Physical.Width())
            throw new ArgumentException($"a value of {sizeof(T)} bytes for {type.Physical}", nameof(value));
        target.ResetConstant(type, length, isNull: false);
        *(T*)target.Values = value;
    }

    public static void SetBool(Vector target, int length, bool value)
    {
        target.ResetConstant(ArrowType.Bool, length, isNull: false);
        *(ulong*)target.Values = value ? ulong.MaxValue : 0;
    }

    /// <summary>A string or byte string; long ones are copied into the vector's own arena.</summary>
    public static void SetBytes(Vector target, ArrowType type, int length, ReadOnlySpan<byte> value)
    {
        target.ResetConstant(type, length, isNull: false);
        *(View*)target.Values = target.Arena!.Append(value);
    }

    public static void SetNull(Vector target, ArrowType type, int length) => target.ResetConstant(type, length, isNull: true);

    /// <summary>Row <paramref name="row"/> of any vector for all rows of <paramref name="target"/>; strings stay where they are (same lifetime).</summary>
    public static void SetFromRow(Vector target, Vector source, int row, int length)
    {
        if (!source.IsValid(row))
        {
            SetNull(target, source.Type, length);
            return;
        }
        target.ResetConstant(source.Type, length, isNull: false);
        switch (source.Physical)
        {
            case PhysicalType.Bool: *(ulong*)target.Values = source.GetBool(row) ? ulong.MaxValue : 0; break;
            case PhysicalType.Int8: *(sbyte*)target.Values = source.Get<sbyte>(row); break;
            case PhysicalType.Int16: *(short*)target.Values = source.Get<short>(row); break;
            case PhysicalType.Int32 or PhysicalType.Float32: *(int*)target.Values = source.Get<int>(row); break;
            case PhysicalType.Int64 or PhysicalType.Float64: *(long*)target.Values = source.Get<long>(row); break;
            default: *(Int128*)target.Values = source.Get<Int128>(row); break;
        }
        var flat = source.Kind == VectorKind.Dictionary ? source.Dictionary! : source;
        target.Arena = flat.Arena;
        target.Child = flat.Child;
    }
}
