using System.Security.Cryptography;
using System.Text;

namespace OmenDb.Engine.Ddl;

/// <summary>Passwords as they are kept: SCRAM-SHA-256$iterations:salt$stored key:server key. Source: RFC 5803, PostgreSQL's pg_authid.</summary>
internal static class ScramVerifier
{
    private const int Iterations = 4096;

    /// <summary>A text that is a verifier already stays as it is.</summary>
    public static string Of(string password)
    {
        if (password.StartsWith("SCRAM-SHA-256$", StringComparison.Ordinal))
            return password;
        var salt = RandomNumberGenerator.GetBytes(16);
        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password.Normalize(NormalizationForm.FormKC)), salt, Iterations, HashAlgorithmName.SHA256, 32);
        var stored = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        var server = HMACSHA256.HashData(salted, "Server Key"u8);
        return $"SCRAM-SHA-256${Iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(stored)}:{Convert.ToBase64String(server)}";
    }
}
