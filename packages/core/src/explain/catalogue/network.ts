import type { Cause } from '../cause.js';
import { wholeText } from '../content-rule.js';
import { normaliseLines } from '../text-rule.js';

const ADDRESS = '(?:\\d{1,3}(?:\\.\\d{1,3}){3}|[0-9A-Fa-f:]{2,39}(?:%[A-Za-z0-9]{1,15})?)';
const NAMESERVER = new RegExp(`^(nameserver[ \\t]{1,8})${ADDRESS}$`);
/* Docker: `172.17.0.2\t4f5e6d7c8b9a`; Podman: `10.88.0.2\t4f5e6d7c8b9a name` */
const CONTAINER_HOST = new RegExp(`^${ADDRESS}([ \\t]{1,8})[0-9a-f]{12}(?: [a-z0-9_-]{1,64})?$`);

const COPY_REMEDY =
  'Do not copy all of /etc, and do not commit a running container: engines put these files in place when a container starts.';

/** Files that an engine puts into a container, copied into the image. */
export const NETWORK: readonly Cause[] = [
  {
    id: 'resolv-conf',
    title: 'The name servers of the build host are in the image',
    class: 'review',
    where: 'etc/resolv.conf, in the root or in a copy',
    shape: 'Addresses of name servers and search domains; options, order and number of lines are the same.',
    remedy: COPY_REMEDY,
    references: ['https://docs.docker.com/engine/network/'],
    rule: {
      what: 'content',
      paths: ['**/etc/resolv.conf', '**/resolv.conf'],
      normalise: normaliseLines((line) => {
        if (!/^(?:$|[#;]|nameserver\b|search\b|domain\b|options\b)/.test(line)) return null;
        return line.replace(NAMESERVER, '$1').replace(/^((?:search|domain)[ \t]{1,8})[A-Za-z0-9._ -]{1,1000}$/, '$1');
      }),
    },
  },
  {
    id: 'container-hosts',
    title: 'The name and address of a build container are in the image',
    class: 'review',
    where: 'etc/hosts, in the root or in a copy',
    shape: 'A line with an address and a container id; all other lines are the same.',
    remedy: COPY_REMEDY,
    references: ['https://docs.docker.com/engine/network/'],
    rule: {
      what: 'content',
      paths: ['**/etc/hosts'],
      normalise: normaliseLines((line) => line.replace(CONTAINER_HOST, '$1')),
    },
  },
  {
    id: 'container-hostname',
    title: 'The name of a build container is in the image',
    class: 'review',
    where: 'etc/hostname, etc/mailname, in the root or in a copy',
    shape: 'The whole file is one container id.',
    remedy: COPY_REMEDY,
    references: ['https://docs.docker.com/engine/network/'],
    rule: {
      what: 'content',
      paths: ['**/etc/{hostname,mailname}'],
      normalise: wholeText(/^[0-9a-f]{12}\n?$/, 13),
    },
  },
];
