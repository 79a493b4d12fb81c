using System.Numerics;
using System.Runtime.CompilerServices;

namespace OmenDb.Arrow.Compute;

/// <summary>Puts rows of several vectors into one: the branches of CASE and COALESCE.</summary>
/// <remarks><see cref="Begin"/>, then one <see cref="ByMask"/> or <see cref="Scatter"/> per branch; rows that nobody writes stay null.</remarks>
public static unsafe class Merge
{
    /// <summary>An arena of more buffers than this is not shared: its few strings are copied instead.</summary>
    private const int MostSharedBuffers = 32;

    /// <summary>Makes <paramref name="result"/> a flat vector of nulls.</summary>
    public static void Begin(ArrowType type, int rows, Vector result)
    {
        result.ResetFlat(type, rows);
        Unsafe.InitBlock(result.Values, 0, (uint)type.Physical.BytesFor(rows));
        Bits.Fill(result.EnsureValidity(), rows, false);
    }

    /// <summary>Drops the bitmap when every row turned out to be valid.</summary>
    public static void End(int rows, Vector result)
    {
        if (result.Validity != null && Bits.All(result.Validity, rows))
            result.Validity = null;
    }

    /// <summary>Copies source row i to result row i where bit i of the mask is set.</summary>
    public static void ByMask(Vector source, ulong* mask, int rows, Vector result)
    {
        var arena = new Placement(source, result);
        for (var word = 0; word < Bits.WordsFor(rows); word++)
        {
            for (var bits = mask[word]; bits != 0; bits &= bits - 1)
            {
                var row = (word << 6) + BitOperations.TrailingZeroCount(bits);
                arena.Put(row, row);
            }
        }
    }

    /// <summary>Copies source row i to result row targetRows[i]: for branches computed on compacted rows.</summary>
    public static void Scatter(Vector source, int* targetRows, int count, Vector result)
    {
        var arena = new Placement(source, result);
        for (var i = 0; i < count; i++)
            arena.Put(i, targetRows[i]);
    }

    /// <summary>One source on its way into the result: how its rows are read and where its strings go.</summary>
    private ref struct Placement
    {
        private readonly Vector _source;
        private readonly Vector _result;
        private readonly ViewArena? _copyFrom;
        private readonly int _firstBuffer;
        private readonly int _width;

        public Placement(Vector source, Vector result)
        {
            if (source.Physical != result.Physical && !source.IsConstantNull)
                throw new ArgumentException($"cannot merge {source.Physical} into {result.Physical}", nameof(source));
            _source = source;
            _result = result;
            _width = result.Physical.Width();
            if (result.Physical != PhysicalType.View)
                return;
            var arena = source.Kind == VectorKind.Dictionary ? source.Dictionary!.Arena : source.Arena;
            if (arena is null || arena.Buffers.Count == 0)
                return;
            if (arena.Buffers.Count > MostSharedBuffers)
                _copyFrom = arena;
            else
                _firstBuffer = result.Arena!.AddShared(arena);
        }

        public readonly void Put(int from, int to)
        {
            if (!_source.IsValid(from))
            {
                Bits.Clear(_result.Validity, to);
                return;
            }
            Bits.Set(_result.Validity, to);
            switch (_width)
            {
                case 0:
                    if (_source.GetBool(from))
                        Bits.Set((ulong*)_result.Values, to);
                    else
                        Bits.Clear((ulong*)_result.Values, to);
                    break;
                case 1: ((sbyte*)_result.Values)[to] = _source.Get<sbyte>(from); break;
                case 2: ((short*)_result.Values)[to] = _source.Get<short>(from); break;
                case 4: ((int*)_result.Values)[to] = _source.Get<int>(from); break;
                case 8: ((long*)_result.Values)[to] = _source.Get<long>(from); break;
                default: Put16(from, to); break;
            }
        }

        private readonly void Put16(int from, int to)
        {
            if (_result.Physical == PhysicalType.View)
            {
                var view = _source.Get<View>(from);
                if (!view.IsInline)
                {
                    view = _copyFrom is null
                        ? View.Long(view.Length, (uint)(view.Low >> 32), view.BufferIndex + _firstBuffer, view.Offset)
                        : _result.Arena!.Append(View.Bytes(&view, _copyFrom.Pointers));
                }
                ((View*)_result.Values)[to] = view;
                return;
            }
            if (_result.Physical == PhysicalType.List)
            {
                var list = _source.Get<ListSlot>(from);
                var elements = _source.Kind == VectorKind.Dictionary ? _source.Dictionary!.Child! : _source.Child!;
                var first = _result.Elements.Count;
                _result.Elements.Append(elements, checked((int)list.Offset), checked((int)list.Length));
                ((ListSlot*)_result.Values)[to] = list.At(first);
                return;
            }
            ((Int128*)_result.Values)[to] = _source.Get<Int128>(from);
        }
    }
}
