// An HTTPS server on Deno, which is rustls: ADDRESS PORT CERTIFICATE KEY
const [hostname, port, certificate, key] = Deno.args;
Deno.serve(
  { hostname, port: Number(port), cert: Deno.readTextFileSync(certificate), key: Deno.readTextFileSync(key) },
  () => new Response("ok\n"),
);
