using BenchmarkDotNet.Running;
using OmenDb.Benchmarks;

if (args is ["point-reads", .. var rest])
    PointReads.Run(rest);
else
    BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
