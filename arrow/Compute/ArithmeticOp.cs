namespace OmenDb.Arrow.Compute;

/// <summary>Operators on two numbers of one physical type.</summary>
public enum ArithmeticOp : byte
{
    Add, Subtract, Multiply,
    /// <summary>Integers truncate towards zero.</summary>
    Divide,
    /// <summary>Remainder with the sign of the dividend.</summary>
    Modulo,
}

/// <summary>What went wrong in at least one row. Kernels also compute under nulls and outside selections, where anything may
/// stand; so a set flag is a suspicion, which <see cref="Arithmetic.Recheck"/> confirms or clears.</summary>
[Flags]
public enum ArithmeticFlags : byte
{
    None = 0,
    /// <summary>22003: out of range; also infinity from finite floats.</summary>
    Overflow = 1,
    /// <summary>22012.</summary>
    DivisionByZero = 2,
    /// <summary>22003: a float result became zero though no operand says so.</summary>
    Underflow = 4,
}
