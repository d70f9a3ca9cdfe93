/** Whether a node, by the names of its slots' servers (`host:port;host:port`), has this server. */
export function hasServer(
  node: string,
  { host, port }: { readonly host?: string | undefined; readonly port?: number | undefined },
): boolean {
  return node.split(';').includes(`${host}:${port}`)
}
