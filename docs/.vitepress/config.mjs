/**
 * Configures the site: its pages, their order, and the search.
 *
 *   *.md, decisions/, errors/, recipes/   written by hand (some tables by scripts)
 *   api/                                  written by TypeDoc (typedoc.json) before the site is built
 *
 * A link to a file of the repository outside of docs/ is shown as text: the site has no such page.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';

const folder = fileURLToPath(new URL('..', import.meta.url));

/** A page as the site shows it, with the file that it includes. */
const textOf = (page) =>
  readFileSync(`${folder}${page}.md`, 'utf8').replace(/<!--@include: (\S+)-->/g, (_, file) => readFileSync(folder + file, 'utf8'));
/** The first heading of a page. */
const titleOf = (page) => /^# (.+)$/m.exec(textOf(page))?.[1].replaceAll('`', '') ?? page;
const item = (page) => ({ text: titleOf(page), link: `/${page}` });
const group = (text, ...pages) => ({ text, items: pages.map(item) });
/** All pages of a folder, in the order of their names. */
const pagesOf = (name) =>
  existsSync(folder + name)
    ? readdirSync(folder + name)
        .filter((file) => file.endsWith('.md') && file !== 'README.md' && file !== 'index.md')
        .sort()
        .map((file) => `${name}/${file.slice(0, -3)}`)
    : [];
const api = existsSync(`${folder}api/typedoc-sidebar.json`) ? JSON.parse(readFileSync(`${folder}api/typedoc-sidebar.json`, 'utf8')) : [];
/** Gives a group of the reference (`Classes`) the link to its heading. Without a link, its item would be a button around another button. */
function withLinks(items, page) {
  return items.map((item) => {
    const link = item.link ?? `${page}#${item.text.toLowerCase().replaceAll(' ', '-')}`;
    return item.items === undefined ? { ...item, link } : { ...item, link, items: withLinks(item.items, link) };
  });
}

/** Shows a link that leaves the folder of the docs as its text. */
function withoutRepositoryLinks(markdown) {
  const isOutside = (href) =>
    /^(\.\.\/)+(?!decisions|errors|recipes)/.test(href) && !existsSync(folder + href.replace(/^(\.\.\/)+/, '').replace(/#.*/, ''));
  markdown.core.ruler.push('repository-links', ({ tokens }) => {
    for (const { children } of tokens) {
      let isOpen = false;
      for (const token of children ?? []) {
        if (token.type === 'link_open' && isOutside(token.attrGet('href') ?? '')) {
          isOpen = true;
          token.type = 'text';
          token.content = '';
          token.nesting = 0;
        } else if (token.type === 'link_close' && isOpen) {
          isOpen = false;
          token.type = 'text';
          token.content = '';
          token.nesting = 0;
        }
      }
    }
  });
}

/** Pages with tables of many columns: they get the room of the outline. */
const WIDE = ['comparison.md', 'cheat-sheet.md', 'benchmarks.md'];

export default defineConfig({
  title: 'twinpool',
  description: "Python's multiprocessing.Pool and concurrent.futures for Node.js: two APIs over one set of workers.",
  lang: 'en',
  cleanUrls: true,
  lastUpdated: false,
  rewrites: { 'decisions/README.md': 'decisions/index.md' },
  srcExclude: ['node_modules/**'],
  transformPageData: ({ relativePath, frontmatter }) => {
    if (WIDE.includes(relativePath)) frontmatter.aside = false;
  },
  markdown: { config: withoutRepositoryLinks, theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' } },
  themeConfig: {
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'Guide', link: '/guide' },
      { text: 'Recipes', link: '/recipes/' },
      { text: 'API', link: '/api/' },
      { text: 'Errors', link: '/errors' },
    ],
    sidebar: {
      '/api/': [{ text: 'API reference', items: withLinks(api, '/api/') }],
      '/': [
        group('Start', 'start', 'choosing', 'cheat-sheet', 'guide', 'coming-from-python'),
        group('Use', 'tasks', 'pool', 'executor', 'sharing-a-runtime', 'adapters', 'lifecycle', 'options', 'command'),
        group('Operate', 'bullmq', 'failure', 'workers', 'containers', 'debugging', 'performance', 'benchmarks', 'security'),
        group('Build and run', 'building', 'servers', 'loaders', 'runtimes', 'jest-and-vitest'),
        { text: 'Recipes', items: [{ text: 'All recipes', link: '/recipes/' }, ...pagesOf('recipes').map(item)] },
        {
          text: 'Migrate',
          items: pagesOf('.')
            .map((page) => page.slice(2))
            .filter((page) => page.startsWith('migrating'))
            .map(item),
        },
        group('Compare', 'comparison', 'conformance'),
        { text: 'Errors', items: [{ text: 'All errors', link: '/errors' }, ...pagesOf('errors').map(item)] },
        { text: 'Decisions', items: [{ text: 'All decisions', link: '/decisions/' }, ...pagesOf('decisions').map(item)] },
      ],
    },
    outline: [2, 3],
    search: { provider: 'local' },
    // The label holds the text that is seen.
    notFound: { linkText: 'Take me home', linkLabel: 'Take me home' },
  },
});
