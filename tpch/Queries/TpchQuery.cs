using System.Text;

namespace OmenDb.Tpch.Queries;

/// <summary>One of the 22 queries of clause 2.4.</summary>
/// <param name="Title">The business question's name in the specification.</param>
/// <param name="ValidationParameters">Parameters :1, :2, ... of the answers in the reference.</param>
/// <param name="SortKey">Output columns of ORDER BY, counted from 0: rows that agree in them may come in any order.</param>
public sealed record TpchQuery(
    int Number,
    string Title,
    IReadOnlyList<string> ValidationParameters,
    IReadOnlyList<AnswerColumn> Columns,
    IReadOnlyList<int> SortKey)
{
    /// <summary>The statement with :1, :2, ... in place of its parameters (quotes belong to the template).</summary>
    public string Template { get; } = Resources.ReadText($"Queries/Templates/q{Number}.sql");

    /// <summary>The statement with validation parameters.</summary>
    public string ValidationText => Text(ValidationParameters);

    /// <summary>The statement with the given parameters, one semicolon at the end.</summary>
    public string Text(IReadOnlyList<string> parameters)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(parameters.Count, ValidationParameters.Count, nameof(parameters));
        var text = new StringBuilder();
        for (var i = 0; i < Template.Length; i++)
        {
            var number = 0;
            if (Template[i] == ':')
            {
                while (i + 1 < Template.Length && char.IsAsciiDigit(Template[i + 1]))
                    number = number * 10 + (Template[++i] - '0');
            }
            if (number > 0)
                text.Append(parameters[number - 1]);
            else
                text.Append(Template[i]);
        }
        return text.ToString();
    }

    /// <summary>The statement with qgen's parameters for a seed; see <see cref="QueryParameters"/>.</summary>
    public string SubstitutedText(long seed, double scaleFactor) => Text(QueryParameters.For(Number, seed, scaleFactor));
}
