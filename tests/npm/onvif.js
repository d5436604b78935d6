// A public client of ONVIF against the simulator: what it reads, what it sets, and what it reads then.
//
//   node onvif.js URL CERTIFICATE USER     the password is the first line of standard input
//
// Prints one JSON object, or fails.

'use strict';

const fs = require('fs');
const { Cam } = require('onvif');

function call(cam, name, ...args) {
  return new Promise((resolve, reject) => {
    cam[name](...args, (error, data) => (error ? reject(new Error(`${name}: ${error.message}`)) : resolve(data)));
  });
}

function connect(options) {
  return new Promise((resolve, reject) => {
    const cam = new Cam({ ...options, autoconnect: false });
    cam.connect((error) => (error ? reject(error) : resolve(cam)));
  });
}

async function main() {
  const [address, certificate, username] = process.argv.slice(2);
  const url = new URL(address);
  const password = fs.readFileSync(0, 'utf8').split('\n')[0];
  const options = {
    hostname: url.hostname,
    port: Number(url.port),
    username,
    password,
    useSecure: url.protocol === 'https:',
    secureOpts: { ca: fs.readFileSync(certificate) },
    timeout: 20000,
    preserveAddress: true,
  };
  const cam = await connect(options);
  const found = {
    device: await call(cam, 'getDeviceInformation'),
    users: await call(cam, 'getUsers'),
    profiles: cam.profiles.map((profile) => profile.name),
    sources: [].concat(cam.videoSources).length,
    hostname: await call(cam, 'getHostname'),
    interfaces: await call(cam, 'getNetworkInterfaces'),
    ntp: await call(cam, 'getNTP'),
    dns: await call(cam, 'getDNS'),
    scopes: await call(cam, 'getScopes'),
    encoders: await call(cam, 'getVideoEncoderConfigurations'),
    recordings: await call(cam, 'getRecordings'),
  };
  // The client has no call of its own for this: its envelope and its login all the same.
  await call(cam, '_request', {
    service: 'device',
    body:
      `${cam._envelopeHeader()}<SetHostname xmlns="http://www.onvif.org/ver10/device/wsdl">` +
      `<Name>cam-juge</Name></SetHostname>${cam._envelopeFooter()}`,
  });
  await call(cam, 'setNTP', { fromDHCP: false, NTPManual: [{ type: 'IPv4', IPv4Address: '192.0.2.200' }] });
  found.ntp_after = await call(cam, 'getNTP');
  found.hostname_after = await call(cam, 'getHostname');
  const encoder = [].concat(found.encoders)[0];
  await call(cam, 'setVideoEncoderConfiguration', { ...encoder, quality: 2 });
  found.encoders_after = await call(cam, 'getVideoEncoderConfigurations');
  let refused = '';
  try {
    const stranger = await connect({ ...options, password: password + 'x' });
    await call(stranger, 'getUsers');
  } catch (error) {
    refused = error.message;
  }
  found.refused = refused !== '';
  process.stdout.write(JSON.stringify(found) + '\n');
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
