using System.Buffers.Binary;

namespace OmenDb.Storage.Indexes;

/// <summary>What writers and the collector of garbage want of an index that is still being filled: noted in their order, done when its tree is there.</summary>
/// <remarks>
/// An entry that was added, or that perhaps nobody needs any more, is only a place to look at again: whether it belongs to the index the row's versions say at
/// that time. Removed for good are entries of rows that die: their versions are still there a moment after.
/// <code>
/// builder                                     writer
/// ------------------------------------------  ------------------------------------------
/// index stands in the table's list
/// waits for those who began before
///                                             k1 becomes k2: version first, then notes (k2, r)
/// reads r: newest version, and those replaced
///   after the waiting: k2 and k1
/// bulk load
///                                             commits; k1 is seen by nobody: notes (k1, r)
/// takes the notes, looks at each row: k2 stays, k1 goes
/// few notes are left: does them under the gate, closes it
///                                             changes go into the tree from now on
/// </code>
/// The gate is taken before nodes and vectors are latched, and by nobody who holds such a latch.</remarks>
internal sealed class IndexBacklog
{
    /// <param name="Key">As stored.</param>
    /// <param name="HasNull">A key column is null.</param>
    /// <param name="Row">Whose.</param>
    /// <param name="IsLast">The row dies: the entry goes, whatever its versions say.</param>
    internal readonly record struct Note(byte[] Key, bool HasNull, RowId Row, bool IsLast);

    private readonly Lock _gate = new();
    private List<Note> _notes = [];
    private bool _closed;

    /// <summary>Notes so far that nobody has taken.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _notes.Count;
        }
    }

    /// <returns>False: the tree is there, go to it.</returns>
    public bool TryAdd(in Note note)
    {
        lock (_gate)
        {
            if (_closed)
                return false;
            _notes.Add(note);
            return true;
        }
    }

    /// <summary>Eight-byte keys of consecutive rows.</summary>
    /// <returns>False: the tree is there, go to it.</returns>
    public bool TryAdd(ReadOnlySpan<ulong> numbers, RowId first)
    {
        lock (_gate)
        {
            if (_closed)
                return false;
            for (var i = 0; i < numbers.Length; i++)
            {
                var key = new byte[8];
                BinaryPrimitives.WriteUInt64BigEndian(key, numbers[i]);
                _notes.Add(new Note(key, false, first + i, false));
            }
            return true;
        }
    }

    public List<Note> Take()
    {
        lock (_gate)
        {
            var taken = _notes;
            _notes = [];
            return taken;
        }
    }

    /// <summary>Does what is left, and sends everybody to the tree. Writers wait meanwhile.</summary>
    public void Close(Action<List<Note>> apply)
    {
        lock (_gate)
        {
            apply(_notes);
            _notes = [];
            _closed = true;
        }
    }
}
