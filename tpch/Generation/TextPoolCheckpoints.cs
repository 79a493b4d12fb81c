namespace OmenDb.Tpch.Generation;

/// <summary>Where the 48 pieces of the text pool begin: the first sentence that starts at or behind each 48th of its length.</summary>
/// <remarks>
/// Found by writing the text from its start, as <see cref="TextPool.Fill"/> does; a test derives a few again, and the pool
/// checks all of them each time it is made. 48 pieces divide evenly among the usual numbers of threads.
/// </remarks>
internal static class TextPoolCheckpoints
{
    public static readonly TextPoolCheckpoint[] All =
    [
        new(0, 933588178), new(6553617, 381778932), new(13107253, 1423351633), new(19660810, 563391851),
        new(26214517, 1968557783), new(32768029, 534912377), new(39321619, 374858592), new(45875215, 534803206),
        new(52428901, 1847761012), new(58982448, 1037153816), new(65536010, 1305358977), new(72089659, 1551082060),
        new(78643223, 123793686), new(85196846, 1917340921), new(91750479, 518586471), new(98304011, 181171974),
        new(104857621, 414021454), new(111411270, 1039896297), new(117964817, 1062410537), new(124518401, 1971324784),
        new(131072032, 1111043700), new(137625648, 652432975), new(144179241, 588593259), new(150732842, 1542057076),
        new(157286442, 400078567), new(163840029, 663964), new(170393664, 1550086655), new(176947229, 46453828),
        new(183500877, 1248749008), new(190054431, 1931933611), new(196608019, 1105413057), new(203161623, 1601119085),
        new(209715201, 900434268), new(216268868, 1956087994), new(222822442, 1045631211), new(229376059, 1296982473),
        new(235929648, 1407925218), new(242483209, 1836968040), new(249036820, 1240691993), new(255590452, 1660456561),
        new(262144032, 1840017415), new(268697657, 1614413061), new(275251227, 42055684), new(281804803, 583419903),
        new(288358413, 789059551), new(294912013, 2013011059), new(301465619, 2029976753), new(308019201, 1842610798),
    ];
}
