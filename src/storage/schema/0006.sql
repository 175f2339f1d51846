-- The program that prints the password, as a JSON array of its words; NULL: none. It holds no secret itself.
ALTER TABLE connections ADD COLUMN password_command TEXT;
