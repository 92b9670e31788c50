/** Names the typed arrays of numbers. It knows no values. */

/** A typed array of numbers: a `map` can write its results into it. */
export type NumberArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  // Node 24 and later has Float16Array; the compiler may have no declaration of it.
  | (typeof globalThis extends { readonly Float16Array: { readonly prototype: infer T } } ? T : never);
