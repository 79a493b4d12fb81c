namespace OmenDb.Index.Tests;

public class CheckTests
{
    private struct DeadRows(HashSet<ulong> dead) : IUniqueCheck, IRemovalCheck
    {
        public int Calls;

        public bool Conflicts(ulong existingRowId)
        {
            Calls++;
            return !dead.Contains(existingRowId);
        }

        public readonly bool MayRemove(ulong rowId) => dead.Contains(rowId);
    }

    [Fact]
    public void Unique_insert_sees_every_entry_of_the_key_across_leaves()
    {
        using var index = new AlexIndex(Small.Options());
        var dead = new HashSet<ulong>();
        for (ulong row = 0; row < 1000; row++)
        {
            var check = new DeadRows(dead);
            Assert.Equal(new InsertOutcome(InsertOutcomeKind.Inserted), index.InsertUnique(42, row, ref check));
            Assert.True(check.Calls >= (int)row, "every entry was shown, again after a division");
            var second = new DeadRows(dead);
            Assert.Equal(new InsertOutcome(InsertOutcomeKind.Conflict, row), index.InsertUnique(42, row + 5000, ref second));
            Assert.Equal(InsertOutcomeKind.AlreadyPresent, index.InsertUnique(42, row, ref second).Kind);
            dead.Add(row);
        }
        Assert.Equal(1000, index.Count);
        Assert.True(index.GetStatistics() is { RunLeaves: > 10 }, "one key with ascending rows is a run");
    }

    [Fact]
    public void Removal_asks_and_obeys()
    {
        using var index = new AlexByteIndex(Small.Options());
        var check = new DeadRows([7]);
        index.Insert("a"u8, 7);
        index.Insert("a"u8, 8);
        Assert.False(index.RemoveIf("a"u8, 8, ref check));
        Assert.False(index.RemoveIf("a"u8, 9, ref check));
        Assert.True(index.RemoveIf("a"u8, 7, ref check));
        Assert.Equal(1, index.Count);
    }

    [Fact]
    public void A_throwing_check_leaves_the_index_usable()
    {
        using var index = new AlexIndex();
        index.Insert(1, 1);
        var check = default(Throwing);
        Assert.Throws<InvalidOperationException>(() => index.InsertUnique(1, 2, ref check));
        Assert.Throws<InvalidOperationException>(() => index.RemoveIf(1, 1, ref check));
        Assert.True(index.Insert(1, 2));
        Assert.True(index.Remove(1, 1));
    }

    private struct Throwing : IUniqueCheck, IRemovalCheck
    {
        public readonly bool Conflicts(ulong existingRowId) => throw new InvalidOperationException("check");

        public readonly bool MayRemove(ulong rowId) => throw new InvalidOperationException("check");
    }
}
