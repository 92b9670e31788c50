// A module that ends its worker when it is imported.
process.exit(3);

export function fine() {}
