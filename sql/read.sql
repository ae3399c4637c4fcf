-- Reading without importing.
\getenv root PG_ABS_SRCDIR
\set people `base64 -w0 :'root'/test/samples/people.xlsx`
\set types `base64 -w0 :'root'/test/samples/types.xlsx`
SELECT * FROM xlsx.sheets(decode(:'people', 'base64'));
SELECT * FROM xlsx.cells(decode(:'people', 'base64'));
SELECT * FROM xlsx.cells(decode(:'types', 'base64'), range => 'A2:J2');
SELECT row, col, value FROM xlsx.cells(decode(:'people', 'base64'), 'PEOPLE', 'C:C');
-- Refusals that help
SELECT * FROM xlsx.cells(decode(:'people', 'base64'), 'Salaries');
SELECT * FROM xlsx.cells(decode(:'people', 'base64'), range => 'two to five');
SELECT * FROM xlsx.sheets('');
SELECT * FROM xlsx.sheets('Name,Gender,Bio-ID');
SELECT * FROM xlsx.sheets(substr(decode(:'people', 'base64'), 1, 3000));
SELECT * FROM xlsx.cells(NULL);
