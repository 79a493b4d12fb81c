using System.Collections.Immutable;
using OmenDb.Protocol.Postgres.Io;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres.Backend;

/// <summary>'t', ParameterDescription: the types of a statement's parameters.</summary>
/// <remarks>Body: Int16 count, Int32 type OID each. PostgreSQL manual, "Message Formats".</remarks>
internal static class ParameterDescription
{
    public static void Write(OutputBuffer output, ImmutableArray<SqlType> types)
    {
        output.Begin((byte)'t');
        output.WriteInt16(types.Length);
        foreach (var type in types)
            output.WriteInt32((int)PgTypes.OidOf(type));
        output.End();
    }
}
