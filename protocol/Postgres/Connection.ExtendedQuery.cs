using System.Globalization;
using OmenDb.Protocol.Postgres.Backend;
using OmenDb.Protocol.Postgres.Frontend;
using OmenDb.Protocol.Postgres.Io;
using OmenDb.Protocol.Postgres.Sessions;
using OmenDb.Types;

namespace OmenDb.Protocol.Postgres;

internal sealed partial class Connection
{
    private const int MaxStackOids = 64;

    private void OnParse(ParseMessage message)
    {
        var oids = message.TypeCount <= MaxStackOids ? stackalloc int[MaxStackOids] : new int[message.TypeCount];
        message.CopyTypeOids(oids);
        Session.Prepare(_text.Name(message.Name), WireText.Decode(message.Text), oids[..message.TypeCount]);
        _output.Empty(Acknowledgement.ParseComplete);
    }

    private void OnBind(ReadOnlyMemory<byte> body)
    {
        _bind.Read(body);
        var statementName = _text.Name(_bind.Statement);
        var statement = Session.GetPrepared(statementName);
        if (_bind.Values.Length != statement.ParameterTypes.Length)
        {
            throw BodyReader.Malformed($"bind message supplies {_bind.Values.Length} parameters, but prepared statement \"{statementName}\" requires "
                + statement.ParameterTypes.Length.ToString(CultureInfo.InvariantCulture));
        }
        var portal = Session.Bind(_text.Name(_bind.Portal), statement, _bind.Values, _bind.ParameterFormats);
        if (portal.Columns is { } columns)
            portal.Shape = statement.ShapeFor(columns, _bind.ResultFormats);
        _output.Empty(Acknowledgement.BindComplete);
    }

    private void OnDescribe(Describe message)
    {
        var name = _text.Name(message.Name);
        if (message.IsPortal)
        {
            WriteShape(ShapeOf(Session.GetPortal(name)));
            return;
        }
        var statement = Session.GetPrepared(name);
        ParameterDescription.Write(_output, statement.ParameterTypes);
        WriteShape(statement.Columns is { } columns ? statement.ShapeFor(columns, []) : null);
    }

    private void WriteShape(ResultShape? shape)
    {
        if (shape is null)
            _output.Empty(Acknowledgement.NoData);
        else
            shape.WriteDescription(_output);
        _output.FlushIfFull();
    }

    /// <summary>A cursor that SQL declared has no formats of a Bind: it is text.</summary>
    private static ResultShape? ShapeOf(WirePortal portal) =>
        portal.Shape ?? (portal.Columns is { } columns ? portal.Shape = new ResultShape(columns, []) : null);

    private void OnExecute(Execute message)
    {
        var portal = Session.GetPortal(_text.Name(message.Portal));
        if (portal.IsEmptyQuery)
        {
            _output.Empty(Acknowledgement.EmptyQueryResponse);
            return;
        }
        if (portal.HasEnded && portal.Columns is null)
            throw new SqlException(SqlState.ObjectNotInPrerequisiteState, $"portal \"{portal.Name}\" cannot be run");
        if (portal.Copy is { } copy)
        {
            RunCopy(portal, copy);
            return;
        }
        ShapeOf(portal);
        var again = portal.HasEnded || portal.WasSuspended;
        var rows = SendRows(portal, Math.Max(message.MaxRows, 0));
        if (portal.HasEnded)
        {
            CommandComplete.Write(_output, again ? TagOfRest(portal.CommandTag, rows) : portal.CommandTag);
        }
        else
        {
            portal.WasSuspended = true;
            _output.Empty(Acknowledgement.PortalSuspended);
        }
        _output.FlushIfFull();
    }

    /// <summary>The tag counts the rows of this Execute only, when earlier ones took some.</summary>
    private static string TagOfRest(string tag, long rows)
    {
        var blank = tag.LastIndexOf(' ');
        return blank > 0 && char.IsAsciiDigit(tag[^1]) ? string.Create(CultureInfo.InvariantCulture, $"{tag.AsSpan(0, blank)} {rows}") : tag;
    }

    private void OnClose(Close message)
    {
        var name = _text.Name(message.Name);
        if (message.IsPortal)
            Session.ClosePortal(name);
        else
            Session.ClosePrepared(name);
        _output.Empty(Acknowledgement.CloseComplete);
    }
}
