// Both names exist in the framework too, in namespaces that are imported often.
global using ExecutionContext = OmenDb.Engine.Execution.ExecutionContext;
global using Vector = OmenDb.Arrow.Vector;
