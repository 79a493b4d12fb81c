using System.Runtime.CompilerServices;

// Paths and buffers on the stack are large beside what one call uses of them.
[module: SkipLocalsInit]
