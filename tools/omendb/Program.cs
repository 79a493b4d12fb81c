using System.CommandLine.Invocation;
using OmenDb.Tools.Server.Commands;

var parsed = RootCommands.Create().Parse(args);
// A wrong option is answered by one line, not by a page of help.
if (parsed.Action is ParseErrorAction error)
    error.ShowHelp = false;
return parsed.Invoke();
