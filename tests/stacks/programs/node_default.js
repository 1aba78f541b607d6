// An HTTPS server with Node.js's own settings, of any version since 6: ADDRESS PORT CERTIFICATE KEY OPTIONS
// OPTIONS is JSON for https.createServer; dhparam in it is a file.
'use strict';
const fs = require('fs');
const https = require('https');
const [address, port, certificate, key, given] = process.argv.slice(2);
const options = Object.assign(JSON.parse(given), { cert: fs.readFileSync(certificate), key: fs.readFileSync(key) });
if (options.dhparam && options.dhparam !== 'auto') options.dhparam = fs.readFileSync(options.dhparam);
const server = https.createServer(options, (request, response) => response.end('ok\n'));
server.on('tlsClientError', () => {});
server.listen(Number(port), address);
