// As the runtime of AWS Lambda: loads the handler from the unpacked zip, and calls it with each event. It never ends while events may come.
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const { handler } = await import(pathToFileURL(process.argv[2]).href);
for await (const line of createInterface({ input: process.stdin })) console.log(JSON.stringify(await handler(JSON.parse(line))));
// The environment is ended without a notice to the function.
process.exit(0);
