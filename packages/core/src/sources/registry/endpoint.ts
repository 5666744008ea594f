import { isIPv4 } from 'node:net';

/** Docker Hub's API is at another host than its name says. */
const API_HOSTS: ReadonlyMap<string, string> = new Map([['docker.io', 'registry-1.docker.io']]);

/** The host (and port) at which the API of the registry `name` is. */
export function apiHost(name: string): string {
  return API_HOSTS.get(name) ?? name;
}

/** Whether the host of `url` is this machine: `localhost`, 127.0.0.0/8, ::1. */
export function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'));
}

/**
 * `url` for a message. Queries hold signatures and tokens, and paths of other hosts than the registry can too: only what
 * is known to be harmless is shown.
 */
export function showUrl(url: URL, registry: URL): string {
  return url.origin === registry.origin ? `${url.origin}${url.pathname}` : url.origin;
}
