// The syntax tree has its own enum of interval fields; the one of the types project is named in full.
global using IntervalFields = OmenDb.Planner.Syntax.IntervalFields;
