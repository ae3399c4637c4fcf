import { t } from '../texts/index.js';

interface Props {
  label: string;
  page: number;
  pages: number;
  onPage(page: number): void;
}

/** Shows nothing if everything fits on one page. */
export function Pager({ label, page, pages, onPage }: Props) {
  if (pages <= 1 && page === 1) return null;
  return (
    <nav className="pager" aria-label={label}>
      <button type="button" disabled={page <= 1} onClick={() => onPage(page - 1)}>{t.tasks.previous}</button>
      <span>{t.tasks.pageOf(page, Math.max(pages, 1))}</span>
      <button type="button" disabled={page >= pages} onClick={() => onPage(page + 1)}>{t.tasks.next}</button>
    </nav>
  );
}
