/*
 * Part of undici, by the name of its file: undici's entry loads `fetch`, caches and WebSocket too, which takes 0.1 s
 * (docs/decisions.md). The version is pinned, so the file is where it is. Proxies do need
 * the entry, which completes undici's classes.
 */
declare module 'undici/lib/dispatcher/agent.js' {
  export { Agent as default } from 'undici';
}
