/** The default theme, with contrasts that everybody can read. */
import theme from 'vitepress/theme';
import './style.css';

export default theme;
