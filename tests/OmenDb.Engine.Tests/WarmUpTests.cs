namespace OmenDb.Engine.Tests;

public sealed class WarmUpTests
{
    /// <summary>Its statements run at every start of the server: none may fail there.</summary>
    [Fact]
    public void Runs_every_statement() => Assert.Null(Record.Exception(WarmUp.Run));
}
