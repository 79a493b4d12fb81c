using System.CommandLine;
using OmenDb.Tools.Bench.Commands;

var root = new RootCommand("Benchmarks for OmenDB and for every system that speaks PostgreSQL's protocol.")
{
    TpchCommand.Create(),
    TpccCommand.Create(),
    YcsbCommand.Create(),
    ChCommand.Create(),
    SoakCommand.Create(),
    IndexCommand.Create(),
};
return root.Parse(args).Invoke();
