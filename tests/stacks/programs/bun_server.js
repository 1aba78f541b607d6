// An HTTPS server on Bun, which is BoringSSL: ADDRESS PORT CERTIFICATE KEY
const [address, port, certificate, key] = process.argv.slice(2);
Bun.serve({
  hostname: address,
  port: Number(port),
  tls: { cert: Bun.file(certificate), key: Bun.file(key) },
  fetch: () => new Response("ok\n"),
});
