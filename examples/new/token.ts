import { mintToken, type Role } from "concierge-host";

// Prints a token for development, by the secret in .env: npm run --silent token -- editor ada
process.loadEnvFile();
const [role = "viewer", subject = "me"] = process.argv.slice(2);
const secret = process.env.AUTH_JWT_SECRET ?? "";
process.stdout.write(`${await mintToken({ secret, subject, role: role as Role, ttlSeconds: 3600 })}\n`);
