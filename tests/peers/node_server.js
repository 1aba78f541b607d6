// A TLS server on Node.js; the syntax is what version 6 knows.
//   node node_server.js '{"address", "port", "cert", "key", "dhparam", "ciphers", "forbidden", "serverOrder"}'
'use strict';
const constants = require('constants');
const fs = require('fs');
const https = require('https');

const wanted = JSON.parse(process.argv[2]);
const options = {
  cert: fs.readFileSync(wanted.cert),
  key: fs.readFileSync(wanted.key),
  ciphers: wanted.ciphers,
  honorCipherOrder: wanted.serverOrder,
  // Version 6 has no minVersion; these flags of OpenSSL's work in every version.
  secureOptions: wanted.forbidden.reduce((all, name) => all | constants[name], 0),
};
// Newer ones start at TLS 1.2 by themselves.
if (parseInt(process.versions.node, 10) > 10) options.minVersion = 'TLSv1';
if (wanted.dhparam) options.dhparam = fs.readFileSync(wanted.dhparam);

const server = https.createServer(options, (request, response) => response.end('ok\n'));
// A client may leave at any point.
server.on('tlsClientError', (error, socket) => socket.destroy());
server.listen(wanted.port, wanted.address, 511);
