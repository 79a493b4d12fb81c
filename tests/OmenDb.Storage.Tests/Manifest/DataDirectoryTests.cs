using OmenDb.Storage.FileSystem;
using OmenDb.Storage.Manifest;
using OmenDb.Types;

namespace OmenDb.Storage.Tests.Manifest;

public sealed class DataDirectoryTests : IDisposable
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), "omendb-dir-" + Guid.NewGuid().ToString("N"));

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_held_lock_names_its_holder()
    {
        using (DataDirectory.Open(OsFileSystem.Instance, _directory))
        {
            var error = Assert.Throws<SqlException>(() => DataDirectory.Open(OsFileSystem.Instance, _directory));
            Assert.Equal(SqlState.ObjectInUse, error.SqlState);
            Assert.Contains($"process with id {Environment.ProcessId}", error.Message);
        }
        DataDirectory.Open(OsFileSystem.Instance, _directory).Dispose();
    }

    [Fact]
    public void A_newer_format_and_a_foreign_directory_are_refused()
    {
        DataDirectory.Open(OsFileSystem.Instance, _directory).Dispose();
        File.WriteAllText(Path.Combine(_directory, "FORMAT"), "omendb 999\n");
        Assert.Equal(SqlState.FeatureNotSupported, Assert.Throws<SqlException>(() => DataDirectory.Open(OsFileSystem.Instance, _directory)).SqlState);
        File.Delete(Path.Combine(_directory, "FORMAT"));
        File.WriteAllText(Path.Combine(_directory, "thesis.txt"), "");
        var error = Assert.Throws<SqlException>(() => DataDirectory.Open(OsFileSystem.Instance, _directory));
        Assert.Equal(SqlState.ObjectNotInPrerequisiteState, error.SqlState);
        Assert.Contains("thesis.txt", error.Detail);
    }

    [Fact]
    public void The_manifest_keeps_its_edits_and_drops_a_torn_one()
    {
        Directory.CreateDirectory(_directory);
        using (var manifest = ManifestStore.Open(OsFileSystem.Instance, _directory))
        {
            Assert.True(manifest.IsNew);
            for (var i = 1; i <= 5; i++)
            {
                manifest.Apply(new ManifestEdit
                {
                    Added = [new CheckpointFile(manifest.TakeFileNumber(), $"f{i}", CheckpointFileKind.SegmentBase, i, 0, 100, [7])],
                    Removed = i > 2 ? [i - 2] : null, ReplayFrom = i * 1000, Counters = new Dictionary<string, long> { ["next_oid"] = i },
                });
            }
        }
        var path = Directory.GetFiles(_directory, "MANIFEST-*").Single();
        File.AppendAllText(path, "12345678 {\"torn\"");
        for (var round = 0; round < 2; round++)
        {
            using var manifest = ManifestStore.Open(OsFileSystem.Instance, _directory);
            Assert.False(manifest.IsNew);
            Assert.Equal([4, 5], manifest.Files.Keys);
            Assert.Equal("f5", manifest.Files[5].Name);
            Assert.Equal(5000, manifest.ReplayFrom.Value);
            Assert.Equal(5, manifest.Counters["next_oid"]);
            Assert.Equal(6, manifest.NextFileNumber);
        }
    }

    [Fact]
    public void Damage_before_a_sound_edit_is_corruption()
    {
        Directory.CreateDirectory(_directory);
        using (var manifest = ManifestStore.Open(OsFileSystem.Instance, _directory))
        {
            manifest.Apply(new ManifestEdit { ReplayFrom = 1 });
            manifest.Apply(new ManifestEdit { ReplayFrom = 2 });
        }
        var path = Directory.GetFiles(_directory, "MANIFEST-*").Single();
        var bytes = File.ReadAllBytes(path);
        bytes[bytes.AsSpan().IndexOf((byte)'\n') + 12] ^= 1;
        File.WriteAllBytes(path, bytes);
        var error = Assert.Throws<SqlException>(() => ManifestStore.Open(OsFileSystem.Instance, _directory));
        Assert.Equal(SqlState.DataCorrupted, error.SqlState);
        Assert.Contains("MANIFEST-00000001", error.Message);
    }
}
