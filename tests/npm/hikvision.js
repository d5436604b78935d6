// A public client of Hikvision's devices against the simulator: the alarms that it is told of.
//
//   node hikvision.js URL CERTIFICATE USER SECONDS     the password is the first line of standard input
//
// The client speaks HTTP without TLS and logs in by basic authentication; CERTIFICATE is passed over. Prints
// one JSON object: the alarms until SECONDS are over or the connection ends.

'use strict';

const fs = require('fs');
const api = require('node-hikvision-api');

const [address, , user, seconds] = process.argv.slice(2);
const url = new URL(address);
const password = fs.readFileSync(0, 'utf8').split('\n')[0];
const alarms = [];

function finish() {
  process.stdout.write(`${JSON.stringify({ alarms })}\n`);
  process.exit(0);
}

const client = new api.hikvision({ host: url.hostname, port: url.port, user, pass: password, log: false });
// The client means itself by this name and never says so.
global.self = client;
client.on('alarm', (code, action, index) => alarms.push([code, action, index]));
client.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
client.on('end', finish);
setTimeout(finish, Number(seconds) * 1000);
