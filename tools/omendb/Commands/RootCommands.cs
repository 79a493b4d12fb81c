using System.CommandLine;

namespace OmenDb.Tools.Server.Commands;

/// <summary>The commands by name; without one, the server.</summary>
internal static class RootCommands
{
    public static RootCommand Create()
    {
        var root = new RootCommand("""
            OmenDB: one engine for short transactions and long analytics, spoken to as PostgreSQL.

            Without a command it serves: PostgreSQL clients connect to port 5433 of this machine as user omendb, and the data lives in
            ./omendb-data, which is made on first start.

              omendb                                     serve with the defaults
              omendb serve --data /srv/db --port 5432    serve another directory on another port
              omendb sql                                 an interactive shell on the data itself, without a server
              omendb sql -c "select 1"                   run one statement and leave
            """);
        ServeCommand.Configure(root);
        root.Subcommands.Add(ServeCommand.Create());
        root.Subcommands.Add(SqlCommand.Create());
        root.Subcommands.Add(SimulateCommand.Create());
        return root;
    }
}
