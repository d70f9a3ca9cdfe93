export type Service = 'kafka' | 'redis' | 'postgres' | 'schema-registry'

export type ConnectionEvent =
  /** A server of this kind is configured and has not answered yet. */
  | { readonly name: 'connecting'; readonly service: Service }
  | { readonly name: 'connected'; readonly service: Service }
  /** It still does not answer. */
  | { readonly name: 'connection_awaited'; readonly service: Service; readonly reason: string }
  | { readonly name: 'connection_lost'; readonly service: Service; readonly reason: string }
  | { readonly name: 'connection_restored'; readonly service: Service }
  /** Files of certificates have changed, or can be read again, and are used from this connection on. */
  | { readonly name: 'certificates_loaded'; readonly service: Service }
  /** Changed files of certificates cannot be used; the ones before stay. */
  | { readonly name: 'certificates_refused'; readonly service: Service; readonly reason: string }
