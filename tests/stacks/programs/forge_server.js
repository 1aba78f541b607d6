// A TLS server on node-forge, TLS in JavaScript: MODULE ADDRESS PORT CERTIFICATE KEY
'use strict';
const fs = require('fs');
const net = require('net');
const [module_, address, port, certificate, key] = process.argv.slice(2);
const forge = require(module_);
const [certificatePem, keyPem] = [certificate, key].map((path) => fs.readFileSync(path, 'utf8'));
net
  .createServer((connection) => {
    const tls = forge.tls.createConnection({
      server: true,
      caStore: [],
      sessionCache: {},
      getCertificate: () => certificatePem,
      getPrivateKey: () => keyPem,
      connected: (one) => one.prepare('ok\n'),
      tlsDataReady: (one) => connection.write(Buffer.from(one.tlsData.getBytes(), 'binary')),
      dataReady: () => {},
      closed: () => connection.end(),
      error: () => {},
    });
    connection.on('data', (data) => tls.process(data.toString('binary')));
    connection.on('error', () => {});
  })
  .listen(Number(port), address);
