using OmenDb.Arrow;
using OmenDb.Arrow.Compute;

namespace OmenDb.Engine.Rows;

/// <summary>Groups of rows whose keys are all codes into small dictionaries (or constants): looked up once per combination of codes, as long as the
/// dictionaries stay the same. The vectors of a sealed segment share theirs.</summary>
internal sealed unsafe class CodedGroups(int keyCount) : IDisposable
{
    /// <summary>More combinations than a few batches have rows are not worth an array.</summary>
    private const int MostCombinations = 4096;

    private const int Unknown = -1;
    private const int Asked = -2;

    private readonly Vector?[] _dictionaries = new Vector?[keyCount];
    private readonly UInt128?[] _constants = new UInt128?[keyCount];
    private readonly int[] _groupOf = new int[MostCombinations];
    private readonly RowIndices _combinations = new();
    private readonly RowIndices _fresh = new();
    private readonly RowIndices _freshCombinations = new();

    /// <summary>Fills the groups of some rows; parameters as of <see cref="GroupTable.FindOrAdd"/>.</summary>
    /// <returns>False: the keys are not of that kind, nothing was done.</returns>
    public bool TryFindOrAdd(GroupTable table, ReadOnlySpan<Vector> keys, int* rows, int count, int batchLength, int* groups)
    {
        var coded = keys[..keyCount]; // the others follow from them
        if (!TryCount(coded, out var size))
            return false;
        if (!IsSame(coded))
            _groupOf.AsSpan(0, size).Fill(Unknown);
        var combinations = _combinations.Reserve(count);
        new Span<int>(combinations, count).Clear();
        foreach (var key in coded)
        {
            if (key.Kind == VectorKind.Dictionary)
                AddCodes(key, rows, count, combinations);
        }
        fixed (int* groupOf = _groupOf)
        {
            int* fresh = null, freshCombinations = null;
            var freshCount = 0;
            for (var i = 0; i < count; i++)
            {
                // In range: a combination is below the size that was counted.
                if (groupOf[combinations[i]] != Unknown)
                    continue;
                if (fresh == null)
                {
                    fresh = _fresh.Reserve(count);
                    freshCombinations = _freshCombinations.Reserve(count);
                }
                groupOf[combinations[i]] = Asked;
                fresh[freshCount] = rows[i];
                freshCombinations[freshCount++] = combinations[i];
            }
            if (freshCount > 0)
            {
                table.FindOrAddValues(keys, fresh, freshCount, batchLength, groups);
                for (var i = 0; i < freshCount; i++)
                    groupOf[freshCombinations[i]] = groups[fresh[i]];
            }
            for (var i = 0; i < count; i++)
                groups[rows[i]] = groupOf[combinations[i]];
        }
        return true;
    }

    public void Dispose()
    {
        _combinations.Dispose();
        _fresh.Dispose();
        _freshCombinations.Dispose();
    }

    private static bool TryCount(ReadOnlySpan<Vector> keys, out int size)
    {
        var combinations = 1L;
        var anyCodes = false;
        foreach (var key in keys)
        {
            if (key.Kind == VectorKind.Dictionary)
            {
                combinations *= key.Dictionary!.Length + 1; // the last is null
                anyCodes = true;
            }
            else if (key.Kind != VectorKind.Constant || (key.Physical == PhysicalType.View && key.IsValid(0) && !((View*)key.Values)->IsInline)
                || key.Physical == PhysicalType.List)
            {
                combinations = long.MaxValue;
            }
            if (combinations > MostCombinations)
            {
                size = 0;
                return false;
            }
        }
        size = (int)combinations;
        return anyCodes;
    }

    /// <summary>Whether what is known holds for these keys, too; from now on it is about these.</summary>
    private bool IsSame(ReadOnlySpan<Vector> keys)
    {
        var isSame = true;
        for (var k = 0; k < keys.Length; k++)
        {
            var dictionary = keys[k].Kind == VectorKind.Dictionary ? keys[k].Dictionary : null;
            UInt128? constant = dictionary is null && keys[k].IsValid(0) ? ConstantOf(keys[k]) : null;
            isSame &= ReferenceEquals(dictionary, _dictionaries[k]) && constant == _constants[k];
            (_dictionaries[k], _constants[k]) = (dictionary, constant);
        }
        return isSame;
    }

    private static UInt128 ConstantOf(Vector key) => key.Physical.Width() switch
    {
        0 => *(ulong*)key.Values & 1,
        1 => *key.Values,
        2 => *(ushort*)key.Values,
        4 => *(uint*)key.Values,
        8 => *(ulong*)key.Values,
        _ => *(UInt128*)key.Values,
    };

    /// <summary>combination = combination * (entries + 1) + code; the code of a null is the number of entries.</summary>
    private static void AddCodes(Vector key, int* rows, int count, int* combinations)
    {
        var entries = key.Dictionary!.Length;
        if (key.Validity != null || key.CodeWidth == 4)
        {
            for (var i = 0; i < count; i++)
                combinations[i] = combinations[i] * (entries + 1) + (key.IsValid(rows[i]) ? (int)key.Code(rows[i]) : entries);
        }
        else if (key.CodeWidth == 1)
        {
            for (var i = 0; i < count; i++)
                combinations[i] = combinations[i] * (entries + 1) + key.Values[rows[i]];
        }
        else
        {
            for (var i = 0; i < count; i++)
                combinations[i] = combinations[i] * (entries + 1) + ((ushort*)key.Values)[rows[i]];
        }
    }
}
