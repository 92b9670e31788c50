/** Names a module of the option `preload` so that a worker finds it. */
export interface PreloadModule {
  /** A `file:` URL, or a specifier that resolves from the file `base`. */
  readonly specifier: string;
  /** A `file:` URL. */
  readonly base: string;
}
