using OmenDb.Storage.Tables.Sealed;

namespace OmenDb.Storage.Tables;

// Sealed columns that leave memory and come back, see Sealed/Residency.md.
public sealed partial class Table
{
    private volatile int[] _kept = []; // columns that do not leave

    /// <summary>The budget that the table shares; null: nothing ever leaves.</summary>
    internal TableMemory? Memory { get; init; }

    /// <summary>Columns of indexes stay: keys are compared under latches, on the way back of a rollback too, where nothing may fail. Those that have left come
    /// back now.</summary>
    /// <exception cref="Types.SqlException">XX001, 58030.</exception>
    internal void KeepResident(ReadOnlySpan<int> columns)
    {
        if (Memory is not { } memory)
            return;
        int[] wanted = [.. columns];
        memory.WithoutEvictions(() => _kept = [.. _kept.Union(wanted)]);
        foreach (var segment in _segments)
        {
            for (var v = 0; v < segment.VectorCount; v++)
            {
                using var pins = new ResidentPins();
                while (FindEvicted(segment.Vector(v), wanted) is { } missing)
                    Load(segment, missing.Column, missing.Sealed, pins);
            }
        }
    }

    /// <summary>Takes the latch for a moment: the first of some columns that has left, with a reference for the caller; null: all are there.</summary>
    internal static (int Column, SealedColumn Sealed)? FindEvicted(VectorSlot slot, ReadOnlySpan<int> columns)
    {
        slot.Latch.Enter();
        var missing = slot.FindEvicted(columns);
        slot.Latch.Exit();
        return missing;
    }

    /// <summary>Enters the latch of a vector some of whose columns are about to be read or written: they are in memory as long as it is held.</summary>
    /// <returns>What the caller disposes of after he has left the latch; null: nothing was to be loaded.</returns>
    /// <exception cref="Types.SqlException">XX001, 58030: the latch is not held.</exception>
    internal ResidentPins? EnterResident(VectorSlot slot, ReadOnlySpan<int> columns)
    {
        ResidentPins? pins = null;
        try
        {
            for (; ; )
            {
                slot.Latch.Enter();
                if (slot.FindEvicted(columns) is not { } missing)
                    return pins;
                slot.Latch.Exit();
                Load(slot.Segment, missing.Column, missing.Sealed, pins ??= new ResidentPins());
            }
        }
        catch
        {
            pins?.Dispose();
            throw;
        }
    }

    /// <summary>Reads a column that has left and puts it in place, in all vectors that it stands for. Whoever wants the same one waits for the first; nobody
    /// else waits for longer than the copy of a pointer.</summary>
    /// <param name="segment">Of the column.</param>
    /// <param name="column">Physical.</param>
    /// <param name="evicted">What stands in place; the caller's reference ends here.</param>
    /// <param name="pins">Receives the column.</param>
    /// <exception cref="Types.SqlException">XX001, 58030: it stays as it was.</exception>
    internal void Load(Segment segment, int column, SealedColumn evicted, ResidentPins pins)
    {
        try
        {
            lock (evicted.Loading)
            {
                if (!StandsIn(segment, column, evicted))
                    return; // another reader has brought it back, or everything of it was written: the caller looks again
                Memory?.MakeRoom(evicted.Bytes + evicted.StringBytes);
                var loaded = evicted.Reload();
                loaded.IsUsed = true;
                Swap(segment, column, evicted, loaded);
                Memory?.NoteLoad(loaded.ResidentBytes);
                pins.AddTaken(loaded);
            }
        }
        finally
        {
            evicted.Release();
        }
    }

    /// <summary>The bytes of a column leave, when all that holds them are vectors, and a checkpoint has them.</summary>
    internal bool TryEvict(Segment segment, int column, SealedColumn resident)
    {
        if (_kept.Contains(column) || !resident.TryRetain())
            return false;
        try
        {
            if (resident.Home is not { } home || resident.IsEvicted || !home.File.TryRetain())
                return false; // in no file, or a checkpoint is just moving it to another
            using var held = home.File;
            var holders = 1; // we
            for (var v = 0; v < segment.VectorCount; v++)
                holders += Holds(segment.Vector(v), column, resident) ? 1 : 0;
            if (resident.ReferenceCount > holders)
                return false; // somebody reads it: nothing would be won
            var evicted = new SealedColumn(resident.Type, resident.Layout, home);
            var count = Swap(segment, column, resident, evicted);
            evicted.Release();
            return count > 0;
        }
        finally
        {
            resident.Release();
        }
    }

    private static bool Holds(VectorSlot slot, int column, SealedColumn narrow)
    {
        var chunks = slot.Columns;
        return column < chunks.Length && ReferenceEquals(Volatile.Read(ref chunks[column].Sealed), narrow);
    }

    private static bool StandsIn(Segment segment, int column, SealedColumn narrow)
    {
        for (var v = 0; v < segment.VectorCount; v++)
        {
            if (Holds(segment.Vector(v), column, narrow))
                return true;
        }
        return false;
    }

    /// <summary>Puts one form in the place of the other, vector by vector; each latch is held for a pointer.</summary>
    private static int Swap(Segment segment, int column, SealedColumn from, SealedColumn to)
    {
        var count = 0;
        for (var v = 0; v < segment.VectorCount; v++)
        {
            var slot = segment.Vector(v);
            slot.Latch.Enter();
            if (Holds(slot, column, from))
            {
                to.Retain();
                Volatile.Write(ref slot.Columns[column].Sealed, to);
                from.Release();
                count++;
            }
            slot.Latch.Exit();
        }
        return count;
    }
}
