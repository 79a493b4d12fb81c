namespace OmenDb.Tpch.Generation.Randomness;

/// <summary>Start value of a column's stream at row 0, and the draws reserved for it in each row.</summary>
/// <remarks>
/// The numbers are dbgen's and define the data set. A row of the line columns is an order with room for seven lines; a row of
/// the partsupp columns is a part with its four suppliers.
/// </remarks>
internal readonly record struct ColumnSeed(int Value, int DrawsPerRow)
{
    private const int MaxLines = 7;
    private const int SuppliersPerPart = 4;
    /// <summary>An address draws its length (10 to 40) and one number for five characters.</summary>
    private const int AddressDraws = 9;
    private const int PhoneDraws = 3;
    /// <summary>A comment draws its place in the text pool and its length.</summary>
    private const int TextDraws = 2;

    public static readonly ColumnSeed PartManufacturer = new(1, 1);
    public static readonly ColumnSeed PartBrand = new(46831694, 1);
    public static readonly ColumnSeed PartType = new(1841581359, 1);
    public static readonly ColumnSeed PartSize = new(1193163244, 1);
    public static readonly ColumnSeed PartContainer = new(727633698, 1);
    public static readonly ColumnSeed TextPool = new(933588178, 1);
    public static readonly ColumnSeed PartComment = new(804159733, TextDraws);
    /// <summary>All 92 colours are shuffled although five are used.</summary>
    public static readonly ColumnSeed PartName = new(709314158, 92);

    public static readonly ColumnSeed PartSuppQuantity = new(1671059989, SuppliersPerPart);
    public static readonly ColumnSeed PartSuppCost = new(1051288424, SuppliersPerPart);
    public static readonly ColumnSeed PartSuppComment = new(1961692154, SuppliersPerPart * TextDraws);

    public static readonly ColumnSeed OrderClerk = new(1171034773, 1);
    public static readonly ColumnSeed OrderComment = new(276090261, TextDraws);
    public static readonly ColumnSeed OrderDate = new(1066728069, 1);
    public static readonly ColumnSeed OrderPriority = new(591449447, 1);
    public static readonly ColumnSeed OrderCustomer = new(851767375, 1);
    public static readonly ColumnSeed OrderLineCount = new(1434868289, 1);

    public static readonly ColumnSeed LineQuantity = new(209208115, MaxLines);
    public static readonly ColumnSeed LineDiscount = new(554590007, MaxLines);
    public static readonly ColumnSeed LineTax = new(721958466, MaxLines);
    public static readonly ColumnSeed LineShipInstruct = new(1371272478, MaxLines);
    public static readonly ColumnSeed LineShipMode = new(675466456, MaxLines);
    public static readonly ColumnSeed LinePart = new(1808217256, MaxLines);
    public static readonly ColumnSeed LineSupplier = new(2095021727, MaxLines);
    public static readonly ColumnSeed LineShipDate = new(1769349045, MaxLines);
    public static readonly ColumnSeed LineCommitDate = new(904914315, MaxLines);
    public static readonly ColumnSeed LineReceiptDate = new(373135028, MaxLines);
    public static readonly ColumnSeed LineReturnFlag = new(717419739, MaxLines);
    public static readonly ColumnSeed LineComment = new(1095462486, MaxLines * TextDraws);

    public static readonly ColumnSeed CustomerAddress = new(881155353, AddressDraws);
    public static readonly ColumnSeed CustomerNation = new(1489529863, 1);
    public static readonly ColumnSeed CustomerPhone = new(1521138112, PhoneDraws);
    public static readonly ColumnSeed CustomerBalance = new(298370230, 1);
    public static readonly ColumnSeed CustomerSegment = new(1140279430, 1);
    public static readonly ColumnSeed CustomerComment = new(1335826707, TextDraws);

    public static readonly ColumnSeed SupplierAddress = new(706178559, AddressDraws);
    public static readonly ColumnSeed SupplierNation = new(110356601, 1);
    public static readonly ColumnSeed SupplierPhone = new(884434366, PhoneDraws);
    public static readonly ColumnSeed SupplierBalance = new(962338209, 1);
    public static readonly ColumnSeed SupplierComment = new(1341315363, TextDraws);
    public static readonly ColumnSeed SupplierRemarkGap = new(263032577, 1);
    public static readonly ColumnSeed SupplierRemarkKind = new(753643799, 1);
    public static readonly ColumnSeed SupplierRemark = new(202794285, 1);
    public static readonly ColumnSeed SupplierRemarkOffset = new(715851524, 1);

    public static readonly ColumnSeed NationComment = new(606179079, TextDraws);
    public static readonly ColumnSeed RegionComment = new(1500869201, TextDraws);
}
