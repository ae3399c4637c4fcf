-- What an upgrade script may do: new columns, new functions. Stands for the next version in the tests.
ALTER TABLE xlsx_private.task ADD COLUMN tested boolean;
ALTER TABLE xlsx_private.error_page ADD COLUMN tested boolean NOT NULL DEFAULT true;
CREATE FUNCTION xlsx_private.tested() RETURNS boolean LANGUAGE sql RETURN true;
