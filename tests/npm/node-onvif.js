// Another public client of ONVIF against the simulator, without TLS, which it does not speak.
//
//   node node-onvif.js URL USER     the password is the first line of standard input

'use strict';

const fs = require('fs');
const { OnvifDevice } = require('node-onvif');

async function main() {
  const [url, user] = process.argv.slice(2);
  const pass = fs.readFileSync(0, 'utf8').split('\n')[0];
  const device = new OnvifDevice({ xaddr: `${url}/onvif/device_service`, user, pass });
  const found = { device: await device.init() };
  found.profiles = device.getProfileList().map((profile) => profile.name);
  found.users = (await device.services.device.getUsers()).data.GetUsersResponse.User;
  await device.services.device.setHostname({ Name: 'cam-deux' });
  found.hostname = (await device.services.device.getHostname()).data.GetHostnameResponse.HostnameInformation.Name;
  process.stdout.write(JSON.stringify(found) + '\n');
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
