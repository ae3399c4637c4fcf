-- Versions of the library and of the SQL objects, and which is older.
SELECT library = sql AS same, older, message FROM xlsx.version();
SELECT a, b, sign(xlsx_private.version_order(a, b)) AS sign
FROM (VALUES ('1.0', '1.0'), ('1.9', '1.10'), ('2.0', '1.10'), ('1.2.7', '1.2'), ('next', '1.0'), ('1.0', ''), ('1.x', '1.0'), ('1.0beta', '1.1')) AS v (a, b);
-- As if the server had not been restarted, or the update not been run.
BEGIN;
UPDATE pg_extension SET extversion = '999.1' WHERE extname = 'pg_xlsx';
SELECT sql, older, message FROM xlsx.version();
UPDATE pg_extension SET extversion = '0.9' WHERE extname = 'pg_xlsx';
SELECT sql, older, message FROM xlsx.version();
ROLLBACK;
SELECT name, label = (SELECT sql FROM xlsx.version()) AS labelled, value FROM xlsx.metrics WHERE name LIKE '%version' ORDER BY 1;
