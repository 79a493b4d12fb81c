namespace OmenDb.Workload.Sql;

/// <summary>The parameters of one statement of a batch, given one after the other.</summary>
public abstract class SqlParameters
{
    public abstract SqlParameters Int(int value);

    public abstract SqlParameters Long(long value);

    /// <param name="units">In units of the parameter's declared scale: cents for <see cref="SqlField.Money"/>.</param>
    public abstract SqlParameters Numeric(long units);

    public abstract SqlParameters Text(string value);

    public abstract SqlParameters Timestamp(DateTime value);

    public abstract SqlParameters Null();

    /// <summary>The next value is that of $1.</summary>
    internal abstract void Restart();
}
