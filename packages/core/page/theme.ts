const THEMES = ['auto', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

/** The button that goes through the themes. What was chosen is kept, where the browser keeps anything for a file. */
export function wireTheme(button: HTMLElement): void {
  let theme = stored();
  const show = (): void => {
    document.documentElement.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
  };
  button.addEventListener('click', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] as Theme;
    show();
    try {
      localStorage.setItem('ocidiff-theme', theme);
    } catch {
      /* It lasts as long as the page, then. */
    }
  });
  button.hidden = false;
  show();
}

function stored(): Theme {
  try {
    const value = localStorage.getItem('ocidiff-theme');
    return THEMES.find((theme) => theme === value) ?? 'auto';
  } catch {
    return 'auto';
  }
}
