const THEMES = ['auto', 'light', 'dark'] as const;

/** The button that goes through the themes. The choice lasts as long as the page: a report leaves nothing behind. */
export function wireTheme(button: HTMLElement): void {
  let chosen = 0;
  const show = (): void => {
    const theme = THEMES[chosen] as string;
    document.documentElement.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
  };
  button.addEventListener('click', () => {
    chosen = (chosen + 1) % THEMES.length;
    show();
  });
  button.hidden = false;
  show();
}
