using OmenDb.Tpcc.Transactions;
using OmenDb.Workload;

namespace OmenDb.Tpcc.Running;

/// <summary>The mix as a deck of 100 cards, shuffled again when it is through (clause 5.2.4.2): 45 new-order, 43 payment, 4 of each other transaction.</summary>
public sealed class CardDeck
{
    private static readonly (TransactionKind Kind, int Cards)[] Mix =
    [
        (TransactionKind.NewOrder, 45), (TransactionKind.Payment, 43), (TransactionKind.OrderStatus, 4), (TransactionKind.Delivery, 4), (TransactionKind.StockLevel, 4),
    ];

    private readonly TransactionKind[] _cards = [.. Mix.SelectMany(part => Enumerable.Repeat(part.Kind, part.Cards))];
    private readonly WorkloadRandom _random;
    private int _next;

    public CardDeck(WorkloadRandom random)
    {
        _random = random;
        _next = _cards.Length;
    }

    public TransactionKind Draw()
    {
        if (_next == _cards.Length)
        {
            for (var i = _cards.Length - 1; i > 0; i--)
            {
                var j = _random.Next(0, i);
                (_cards[i], _cards[j]) = (_cards[j], _cards[i]);
            }
            _next = 0;
        }
        return _cards[_next++];
    }
}
